package dockercmd

import (
	"github.com/dockercmd/toolkit/internal/table"
)

// A choice is one of a few words. Docker tells an empty one from an absent flag and means nothing by it, so that it is an error
// here.
var (
	choice      table.ChoiceKind
	lowerChoice table.LowerChoiceKind // in lower case, as docker makes it
)
