package policy

// Walk is walk.
var Walk = walk
