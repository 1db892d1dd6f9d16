package risk

import "writ/server/rolemodel"

// RiskEffect says what a risk means for who is about to get it (role-model 9.4, requests 7.4). Of several the strongest counts for the whole basket.
type RiskEffect string

// The effects, the weakest first.
const (
	NoEffect       RiskEffect = "NONE"     // nothing new is raised
	EffectWarning  RiskEffect = "WARNING"  // whoever asks is told, and goes on or does not
	EffectApproval RiskEffect = "APPROVAL" // somebody who answers for the risk has to approve first
	EffectBlock    RiskEffect = "BLOCK"    // it cannot be asked for
)

// EffectOf is what an exemption policy comes to for somebody who may override it, or may not. Where nothing can be overridden that counts for nothing.
func EffectOf(p rolemodel.Exemption, mayOverride bool) RiskEffect {
	switch p {
	case rolemodel.RiskBlocks:
		return EffectBlock
	case rolemodel.RiskAsksApproval:
		return EffectApproval
	case rolemodel.RiskBlocksUnlessOverridden:
		if !mayOverride {
			return EffectBlock
		}
	case rolemodel.RiskAsksUnlessOverridden:
		if !mayOverride {
			return EffectApproval
		}
	}
	return EffectWarning
}

// Stronger gives the stronger of two effects.
func Stronger(a, b RiskEffect) RiskEffect {
	if strength(b) > strength(a) {
		return b
	}
	return a
}

func strength(e RiskEffect) int {
	switch e {
	case EffectWarning:
		return 1
	case EffectApproval:
		return 2
	case EffectBlock:
		return 3
	default:
		return 0
	}
}
