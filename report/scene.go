package report

// Evidence is what the kernel and the clients showed at the moment of a finding.
type Evidence struct {
	Processes []Process `json:"processes,omitempty"`
	// OtherProcesses counts the processes of the server's tree that are left out.
	OtherProcesses int      `json:"other_processes,omitempty"`
	Clients        []Client `json:"clients,omitempty"`
	// Output is the end of what the server wrote to its standard output and error.
	Output string `json:"output,omitempty"`
	// Port is the port that the server was given; 0 when it was given none.
	Port int `json:"port,omitempty"`
	// Ended says how the started process ended; empty while it runs.
	Ended string `json:"ended,omitempty"`
}

// A Process is one process of the server's tree.
type Process struct {
	// PID and Parent are process ids in forkproof's pid namespace.
	PID    int `json:"pid"`
	Parent int `json:"parent"`
	// PIDInside and ParentInside are what getpid(2) and getppid(2) return in the
	// process: its ids in its own pid namespace. They are 0 where they equal PID and
	// Parent, and where they are not known.
	PIDInside    int `json:"pid_inside,omitempty"`
	ParentInside int `json:"parent_inside,omitempty"`
	// Start is when it was started, in clock ticks since boot: with PID it names the
	// process for ever.
	Start uint64 `json:"start_ticks,omitempty"`
	// Early says that it was there before the first client.
	Early bool `json:"before_clients,omitempty"`
	// Role says what the process does for the server: "listens", "serves 127.0.0.1:50312".
	Role string `json:"role,omitempty"`
	// State is the kernel's word: running, sleeping, stopped, zombie.
	State string `json:"state"`
	// Blocked is the system call that it is blocked in: "accept4(3)", "wait4(-1)".
	Blocked string `json:"blocked,omitempty"`
	// Call is the same as data.
	Call *Call `json:"call,omitempty"`
	// Frames are the functions of the server's own program that the call was made
	// from, the innermost first, as far as they are known for sure.
	Frames []Place `json:"frames,omitempty"`
	// SIGCHLD is its disposition: caught, ignored, default.
	SIGCHLD     string       `json:"sigchld,omitempty"`
	Descriptors []Descriptor `json:"descriptors,omitempty"`
}

// A Call is a system call that a process is blocked in.
type Call struct {
	Name string `json:"name"`
	// FD is the descriptor that it waits on; nil when it waits on none.
	FD *int `json:"fd,omitempty"`
}

// A Descriptor is one open descriptor of a process.
type Descriptor struct {
	FD int `json:"fd"`
	// What it refers to: "listening socket 0.0.0.0:40001", "connection from 127.0.0.1:50312".
	What string `json:"what"`
	// Kind is "listening socket", "connected socket", "pipe", "file" and so on.
	Kind string `json:"kind,omitempty"`
	// Object is the number of the socket or pipe, the same in every process that
	// holds it; 0 for other kinds.
	Object uint64 `json:"object,omitempty"`
	// Client names the client at the other end: "client 2".
	Client string `json:"client,omitempty"`
	// State is the state of a TCP socket: "ESTABLISHED", "CLOSE_WAIT".
	State string `json:"state,omitempty"`
	// Wrong marks the descriptor that the finding is about.
	Wrong bool `json:"wrong,omitempty"`
}

// A Client is one client's connection as the client saw it.
type Client struct {
	Address string `json:"address"`
	// Name tells it from the others: "client 2".
	Name     string `json:"name,omitempty"`
	Sent     int64  `json:"sent_bytes"`
	Received int64  `json:"received_bytes"`
	// End is the state of the connection: "open", "end of file", "reset".
	End string `json:"end"`
	// Wrong is the first byte of the reply that is not what was owed; nil while
	// there is none.
	Wrong *Wrong `json:"wrong,omitempty"`
	// Part is the beginning of a reply that has not arrived as a whole, up to 64 bytes,
	// where the protocol is not echo.
	Part string `json:"part,omitempty"`
}

// A Wrong is the first place at which a reply is not what was owed. Want and Got
// hold the next bytes of both, quoted as in Go.
type Wrong struct {
	// Offset counts the bytes that had arrived as owed.
	Offset int64  `json:"offset"`
	Want   string `json:"want,omitempty"`
	Got    string `json:"got"`
	// Surplus says that more came after all that was owed.
	Surplus bool `json:"surplus,omitempty"`
	// Moved is how many bytes behind Offset the bytes that came were owed; below 0 they
	// were owed before, and came again; 0 when they belong nowhere, or it is not known.
	Moved int64 `json:"moved,omitempty"`
	// Because says what is wrong, as a clause, where the protocol is not echo.
	Because string `json:"because,omitempty"`
}
