package shellline_test

import (
	"fmt"

	"github.com/dockercmd/toolkit/dockercmd/shellline"
)

func ExampleParse() {
	home := func(name string) (string, bool) { return "/home/me", name == "HOME" }
	c, err := shellline.Parse(`$ sudo docker run -d \
>     -v "$HOME/web":/srv:ro -p 80:80 \
>     --name web nginx > /dev/null`, home)
	fmt.Println(c, err)
	_, err = shellline.Parse("docker run \\\n  --name web --memry 5m nginx", home)
	fmt.Println(err)
	// Output:
	// docker run --name=web --detach --volume=/home/me/web:/srv:ro --publish=80:80 nginx <nil>
	// 2:14: run: flag --memry at word 5: unknown; did you mean --memory?
}
