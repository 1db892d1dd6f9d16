// Package risk tells which combinations of entitlements are dangerous, and who has them (role-model 9).
//
//	service.go     Service, and who may ask
//	risk.go        Risk: the risks of the model in force, with how many people have each
//	identified.go  IdentifiedRisk: who has which, since when
//	attach.go      AttachRisk, DetachRisk: a person says who has a risk, whatever is computed (9.5)
//	matrix.go      RiskMatrix: which entitlements are dangerous together, how many have both, and how many could by one request
//	blocked.go     RiskBlock: what risks keep back from whom, since when
//	contributor.go what makes it up, and why each part is held
//	check.go       Check: which risks a basket would newly raise, what brings them, and what that means (9.4); requests call it
//	basket.go      what somebody is to get and to lose, and what he would have then; effect.go the five exemption policies
//	score.go       ComputeScores: how dangerous people are by the risks they have (9.6), and what each part adds; score_list.go who is how dangerous, now and before
//
// Which risks somebody has is computed with everything else that is computed about him (server/evaluation/exposure) and kept by server/assignment;
// risks themselves are configuration (server/manifest). Here it is read. A check is that same computation of somebody who has a basket besides
// (assignment.Imagine), so that it says what a computation would find afterwards.
package risk
