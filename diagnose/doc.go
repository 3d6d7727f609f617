// Package diagnose finds the causes of what a run has found: what the server does
// wrong, from which its failures follow, in the order in which to mend it.
//
// It knows two kinds of causes. A faulty server of the catalogue declares what it
// fails, what it does wrong, what to change, and by which signs the evidence shows it:
// together these are the dictionary. What no built-in server does is in named.go. The
// smallest set of causes that explains the failures is chosen, those before others
// that the evidence shows. Where nothing is near, nothing is claimed: the failed
// requirement stands for itself.
package diagnose
