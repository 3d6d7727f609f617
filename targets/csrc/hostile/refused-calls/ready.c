/* hostile:      refused-calls
 * threat:       Reaches the machine by system calls that namespaces and
 *               Landlock do not restrict: the caller's keys, TCP by MPTCP and
 *               by Fast Open, virtual machines' sockets, limits of its grader,
 *               the scheduling of it and of all that its user runs, and what
 *               only attacks on the kernel need. By numbers of x32 and i386,
 *               too.
 * contained-by: a seccomp filter; a session keyring of its own
 * from:         same-uid
 * expect:       judged
 * source:       seccomp(2); session-keyring(7); tcp(7), MSG_FASTOPEN; vsock(7);
 *               sched(7); ioprio_set(2)
 */
#include "hostile/attempt.h"
#include <arpa/inet.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/resource.h>

enum { OUTSIDE_PORT = 7999, MPTCP = 262, SCTP = 132, VSOCK = 40, SMC = 43 };
enum { IOPRIO_PROCESS = 1, IOPRIO_USER = 3, IOPRIO_IDLE = 3 << 13 };

static void keys(void)
{
    char line[512];
    FILE *list = fopen("/proc/keys", "r");
    attempted(syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING,
                      "user", "grader", 0), "finding the grader's key");
    attempted(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
                      KEY_SPEC_SESSION_KEYRING, 1), "the session keyring");
    attempted(syscall(SYS_request_key, "user", "grader", NULL,
                      KEY_SPEC_PROCESS_KEYRING), "requesting a key");
    while (list != NULL && fgets(line, sizeof line, list) != NULL)
        if (strstr(line, "grader") != NULL)
            attempted(0, "seeing the grader's key: %s", line);
    if (list != NULL)
        fclose(list);
}

static void sockets(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(OUTSIDE_PORT),
    };
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    attempted(socket(AF_INET, SOCK_STREAM, MPTCP), "an MPTCP socket");
    attempted(socket(AF_INET6, SOCK_STREAM, MPTCP), "an MPTCP socket of IPv6");
    attempted(socket(AF_INET, SOCK_STREAM, SCTP), "an SCTP socket");
    attempted(socket(VSOCK, SOCK_STREAM, 0), "a socket of virtual machines");
    attempted(socket(SMC, SOCK_STREAM, 0), "an SMC socket");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    attempted(sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL | MSG_DONTWAIT,
                     (struct sockaddr *)&to, sizeof to), "TCP Fast Open");
    struct iovec part = {"x", 1};
    struct msghdr message = {
        .msg_name = &to, .msg_namelen = sizeof to,
        .msg_iov = &part, .msg_iovlen = 1,
    };
    attempted(sendmsg(fd, &message, MSG_FASTOPEN | MSG_NOSIGNAL | MSG_DONTWAIT),
              "TCP Fast Open by sendmsg");
    close(fd);
}

/* Of a process of the machine, and of all that its user runs. */
static void scheduling(pid_t pid)
{
    struct sched_param none = {0};
    struct { unsigned size, policy; unsigned long long rest[5]; } idle = {
        .size = 48, .policy = SCHED_IDLE,
    };
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    attempted(sched_setaffinity(pid, sizeof first, &first), "its processors");
    attempted(sched_setparam(pid, &none), "its parameters");
    attempted(sched_setscheduler(pid, SCHED_IDLE, &none), "its policy");
    attempted(syscall(SYS_sched_setattr, pid, &idle, 0), "its attributes");
    attempted(setpriority(PRIO_PROCESS, (id_t)pid, 19), "its nice value");
    attempted(setpriority(PRIO_USER, 0, 19), "its user's nice value");
    attempted(syscall(SYS_ioprio_set, IOPRIO_PROCESS, pid, IOPRIO_IDLE),
              "its priority on disks");
    attempted(syscall(SYS_ioprio_set, IOPRIO_USER, 0, IOPRIO_IDLE),
              "its user's priority on disks");
}

#ifdef __x86_64__
/* By the numbers of i386; the gate may be closed, which ends the process. */
static void by_i386(long number, const char *what)
{
    int status = 0;
    if (fork() == 0) {
        long result;
        __asm__ volatile("int $0x80" : "=a"(result)
                         : "a"(number), "b"(1L), "c"(0L), "d"(0L), "S"(0L)
                         : "memory", "r8", "r9", "r10", "r11");
        _exit(result >= 0);
    }
    while (wait(&status) < 0 && errno == EINTR)
        ;
    errno = EPERM;
    attempted(WIFEXITED(status) && WEXITSTATUS(status) == 1 ? 0 : -1,
              "%s by i386", what);
}
#endif

void ready(int listenfd)
{
    struct rlimit limit;
    char ring[256] = "";
    (void)listenfd;
    keys();
    sockets();
    attempted(prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit),
              "reading the limits of the parent");
    if (getppid() != 1) /* elsewhere it sees the processes of its sandbox */
        scheduling(getppid());
    attempted(syscall(SYS_userfaultfd, 1), "userfaultfd");
    attempted(syscall(SYS_io_uring_setup, 8, ring), "io_uring");
    attempted(syscall(SYS_bpf, 0, ring, sizeof ring), "bpf");
    attempted(syscall(SYS_perf_event_open, ring, 0, -1, -1, 0), "perf events");
#ifdef __x86_64__
    attempted(syscall(0x40000000L | SYS_getpid), "a call of x32");
    signal(SIGCHLD, SIG_DFL);
    by_i386(374, "userfaultfd");
    by_i386(425, "io_uring");
    on_signal();
#endif
    prlimit(0, RLIMIT_NOFILE, NULL, &limit);
    all_tried();
}
