// Package sdkbench measures this module beside docker's own Go SDK. It is a module of its own, so that nobody who imports this one
// inherits the SDK.
package sdkbench
