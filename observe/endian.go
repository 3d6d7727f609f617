package observe

import "encoding/binary"

// nativeEndian is the byte order of the kernel's structures.
var nativeEndian = binary.NativeEndian
