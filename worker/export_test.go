package worker

// SetCrash has f told of every instant at which a supervisor may be killed.
func SetCrash(f func(step string)) { crash = f }
