package dockercmd

import "slices"

// Explanation is what one flag of a command means.
type Explanation struct {
	Flag     string   // with its dashes
	Values   []string // as docker takes them, secrets hidden; none for a plain true
	Usage    string   // one line
	Default  string   // what docker does without the flag; "" is nothing that needs a word
	Since    string   // the first docker version that has it; "" is 20.10 or before
	Until    string   // the first docker version that hides it as obsolete; "" is none
	Dialects []string // the other programs that take it: podman, nerdctl, storm
	Risks    []string // what its values give away or lose
}

// Explain tells what each flag that is set means, in the order of the line. It shows no secret.
func Explain(c Command) []Explanation {
	var all []Explanation
	for _, f := range Flags(c) {
		if !f.Value.IsSet() {
			continue
		}
		e := Explanation{Flag: "--" + f.Name, Usage: f.Usage, Default: f.Default, Since: f.Since, Until: f.Until}
		for _, d := range []Dialect{Podman, Nerdctl, Storm} {
			if !(Engine{Dialect: d}).lacks(c.Table().Spec(), &f) {
				e.Dialects = append(e.Dialects, string(d))
			}
		}
		for _, text := range f.Value.Texts() {
			if !f.Value.IsBool() || text != "true" {
				e.Values = append(e.Values, f.Shown(text))
			}
			if risk := riskOf(c.Subcommand(), f.Name, text); risk != "" && !slices.Contains(e.Risks, risk) {
				e.Risks = append(e.Risks, risk)
			}
		}
		all = append(all, e)
	}
	return all
}
