// Package null is the technology "null": it takes every change at once and keeps nothing. For benchmarks of everything before the target.
package null
