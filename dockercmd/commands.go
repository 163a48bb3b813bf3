package dockercmd

import "slices"

// specs are the commands of this package, in the order in which Names lists them.
var specs = slices.Concat(containerSpecs, imageSpecs, systemSpecs, swarmSpecs)

// containerSpecs are the commands on containers.
var containerSpecs = []*spec{
	&runSpec, &createSpec, &startSpec, &stopSpec, &restartCommandSpec, &killSpec, &pauseSpec, &unpauseSpec, &waitSpec, &rmSpec,
	&psSpec, &execSpec, &inspectSpec, &logsSpec, &statsSpec, &topSpec, &portCommandSpec, &renameSpec, &updateSpec, &cpSpec, &diffSpec,
	&attachSpec, &commitSpec, &exportSpec,
}

// imageSpecs are the commands on images.
var imageSpecs = []*spec{&importSpec, &rmiSpec}

// systemSpecs are the commands on the engine itself.
var systemSpecs = []*spec{&versionCommandSpec, &eventsSpec}

// swarmSpecs are the commands on a swarm, its nodes and its services.
var swarmSpecs = []*spec{
	&serviceCreateSpec, &serviceUpdateSpec, &serviceLsSpec, &servicePsSpec, &serviceRmSpec, &serviceLogsSpec, &serviceScaleSpec,
	&serviceInspectSpec, &serviceRollbackSpec, &nodeLsSpec, &nodePsSpec, &nodeInspectSpec, &nodeUpdateSpec, &nodePromoteSpec,
	&nodeDemoteSpec, &nodeRmSpec, &swarmInitSpec, &swarmJoinSpec, &swarmLeaveSpec, &swarmJoinTokenSpec, &swarmUpdateSpec,
	&swarmUnlockSpec, &swarmUnlockKeySpec, &swarmCASpec,
}
