#include "textflag.h"

// func rawClone(flags uintptr) (pid, errno uintptr)
//
// The child uses the stack of its parent, which waits. The return address is in a
// register.
TEXT ·rawClone(SB),NOSPLIT,$0-24
	MOVD	flags+0(FP), R0
	MOVD	ZR, R1
	MOVD	ZR, R2
	MOVD	ZR, R3
	MOVD	ZR, R4
	MOVD	$220, R8 // clone(2)
	SVC
	CMN	$4095, R0
	BCS	failed
	MOVD	R0, pid+8(FP)
	MOVD	ZR, errno+16(FP)
	RET
failed:
	NEG	R0, R0
	MOVD	$-1, R1
	MOVD	R1, pid+8(FP)
	MOVD	R0, errno+16(FP)
	RET
