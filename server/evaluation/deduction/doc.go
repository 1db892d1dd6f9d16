// Package deduction reads roles from what the targets of an owner show (role-model 12.5), after it is known what he should have and before it is known
// what has to be done: rules read backwards, and what follows for the values.
//
//	deduction.go    Of: found roles, what explains them, what they lack, and their rows
package deduction
