package dockercmd

import (
	"slices"

	"github.com/dockercmd/toolkit/internal/table"
)

// specs are the commands of this package, in the order in which Names lists them.
var specs = slices.Concat(
	containerSpecs, imageSpecs, networkSpecs, volumeSpecs, systemSpecs, contextSpecs, registrySpecs, serviceSpecs, nodeSpecs,
	swarmSpecs,
)

// containerSpecs are the commands on containers.
var containerSpecs = []*table.Spec{
	&runSpec, &createSpec, &startSpec, &stopSpec, &restartSpec, &killSpec, &pauseSpec, &unpauseSpec, &waitSpec, &rmSpec,
	&psSpec, &execSpec, &inspectSpec, &logsSpec, &statsSpec, &topSpec, &portSpec, &renameSpec, &updateSpec, &cpSpec, &diffSpec,
	&attachSpec, &commitSpec, &exportSpec, &containerInspectSpec, &containerPruneSpec,
}

// imageSpecs are the commands on images.
var imageSpecs = []*table.Spec{
	&importSpec, &rmiSpec, &pullSpec, &pushSpec, &imagesSpec, &tagSpec, &loadSpec, &saveSpec, &historySpec, &imageInspectSpec,
	&imagePruneSpec,
}

// networkSpecs are the commands on networks.
var networkSpecs = []*table.Spec{
	&networkCreateSpec, &networkRmSpec, &networkLsSpec, &networkInspectSpec, &networkConnectSpec, &networkDisconnectSpec,
	&networkPruneSpec,
}

// volumeSpecs are the commands on volumes.
var volumeSpecs = []*table.Spec{&volumeCreateSpec, &volumeRmSpec, &volumeLsSpec, &volumeInspectSpec, &volumePruneSpec,
	&volumeUpdateSpec}

// systemSpecs are the commands on the engine itself.
var systemSpecs = []*table.Spec{&versionSpec, &eventsSpec, &infoSpec, &systemDfSpec, &systemPruneSpec, &systemDialStdioSpec}

// contextSpecs are the commands on the client's contexts.
var contextSpecs = []*table.Spec{
	&contextCreateSpec, &contextUpdateSpec, &contextUseSpec, &contextShowSpec, &contextLsSpec, &contextInspectSpec, &contextRmSpec,
	&contextExportSpec, &contextImportSpec,
}

// registrySpecs are the commands on registries.
var registrySpecs = []*table.Spec{&loginSpec, &logoutSpec, &searchSpec}

// serviceSpecs are the commands on a swarm's services.
var serviceSpecs = []*table.Spec{
	&serviceCreateSpec, &serviceUpdateSpec, &serviceLsSpec, &servicePsSpec, &serviceRmSpec, &serviceLogsSpec, &serviceScaleSpec,
	&serviceInspectSpec, &serviceRollbackSpec,
}

// nodeSpecs are the commands on a swarm's nodes.
var nodeSpecs = []*table.Spec{
	&nodeLsSpec, &nodePsSpec, &nodeInspectSpec, &nodeUpdateSpec, &nodePromoteSpec, &nodeDemoteSpec, &nodeRmSpec,
}

// swarmSpecs are the commands on a swarm itself.
var swarmSpecs = []*table.Spec{
	&swarmInitSpec, &swarmJoinSpec, &swarmLeaveSpec, &swarmJoinTokenSpec, &swarmUpdateSpec, &swarmUnlockSpec, &swarmUnlockKeySpec,
	&swarmCASpec,
}
