package dockercmd

import (
	"time"

	"github.com/dockercmd/toolkit/internal/table"
)

// The kinds, as values to bind rows with.
var (
	word      table.WordKind     // any text that docker takes as it is
	lowerWord table.LowerKind    // the same in lower case, as docker makes it
	boolean   table.BoolKind     // true or false; true needs no value
	integer   table.IntKind      // a whole number
	unsigned  table.UintKind     // a whole number from 0
	octal     table.OctalKind    // permission bits
	duration  table.DurationKind // Go's duration text: 1m30s
	health    healthKind         // a duration of a health check
	pair      table.PairKind     // KEY=value, or KEY for an empty value
	envVar    table.EnvKind      // KEY=value, or KEY to inherit

	size    table.TypedKind[Bytes, *Bytes]
	cpus    table.TypedKind[CPUs, *CPUs]
	mount   table.TypedKind[Mount, *Mount]
	volume  table.TypedKind[Volume, *Volume]
	port    table.TypedKind[PortMapping, *PortMapping]
	ulimit  table.TypedKind[Ulimit, *Ulimit]
	device  table.TypedKind[Device, *Device]
	restart table.TypedKind[RestartPolicy, *RestartPolicy]
	addHost table.TypedKind[Host, *Host]

	attachment      table.TypedKind[Network, *Network]
	filter          table.TypedKind[Filter, *Filter]
	tmpfs           table.TypedKind[TmpfsMount, *TmpfsMount]
	gpuRequest      table.TypedKind[GPURequest, *GPURequest]
	weight          table.TypedKind[WeightDevice, *WeightDevice]
	bps             table.TypedKind[BpsDevice, *BpsDevice]
	iops            table.TypedKind[IOpsDevice, *IOpsDevice]
	exposed         table.TypedKind[ExposedPort, *ExposedPort]
	securityOpt     table.TypedKind[SecurityOpt, *SecurityOpt]
	link            table.TypedKind[Link, *Link]
	volumesFrom     table.TypedKind[VolumesFrom, *VolumesFrom]
	cgroupRule      table.TypedKind[DeviceCgroupRule, *DeviceCgroupRule]
	servicePort     table.TypedKind[ServicePort, *ServicePort]
	serviceNetwork  table.TypedKind[ServiceNetwork, *ServiceNetwork]
	secretFile      table.TypedKind[SwarmFile, *SwarmFile]
	configFile      configKind
	placementPref   table.TypedKind[PlacementPref, *PlacementPref]
	genericResource table.TypedKind[GenericResource, *GenericResource]
	credentialSpec  table.TypedKind[CredentialSpec, *CredentialSpec]
	externalCA      table.TypedKind[ExternalCA, *ExternalCA]
)

// healthKind is a duration that docker's client itself holds to be positive.
type healthKind struct{ table.DurationKind }

func (healthKind) Check(v *time.Duration) error {
	return table.RefusedByClient(table.DurationKind{}.Check(v))
}
