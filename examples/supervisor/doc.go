// Supervisor is a whole supervisor in a few lines: it runs the workers of a spec file side by side until all have ended.
//
//	go run ./examples/supervisor /var/lib/supervisor <examples/batch.yaml
//
// An interrupt ends the workers politely. Nothing of them is left when it returns.
package main
