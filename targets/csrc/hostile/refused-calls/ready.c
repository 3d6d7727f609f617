/* hostile:      refused-calls
 * threat:       Reaches the machine by system calls that namespaces and
 *               Landlock do not restrict: the caller's keys, TCP by MPTCP and
 *               by Fast Open, virtual machines' sockets, limits of its grader,
 *               and what only attacks on the kernel need. By numbers of x32 and
 *               i386, too.
 * contained-by: a seccomp filter; a session keyring of its own
 * from:         same-uid
 * expect:       judged
 * source:       seccomp(2); session-keyring(7); tcp(7), MSG_FASTOPEN; vsock(7)
 */
#include "hostile/attempt.h"
#include <arpa/inet.h>
#include <linux/keyctl.h>
#include <sys/resource.h>

enum { OUTSIDE_PORT = 7999, MPTCP = 262, SCTP = 132, VSOCK = 40, SMC = 43 };

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
