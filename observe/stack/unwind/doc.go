// Package unwind turns samples of stacks into places of a program's source: by the
// unwind information in .eh_frame it goes from a call to its callers (System V ABI,
// AMD64 supplement, section 4.2.4; DWARF 5, section 6.4), by DWARF and the symbol
// table it names them.
//
// It never guesses. A caller is told only when each register that leads to it is
// known. What it reads may be hostile: let only a process read it whose memory and
// time are bounded, as package symbols does.
package unwind
