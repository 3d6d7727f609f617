/* hostile:      sockets-of-the-machine
 * threat:       Talks to programs outside of its sandbox by a UNIX socket and
 *               a FIFO that lie where it can only read, keeps them waiting by
 *               a lock on a file that both may read, and watches what they do.
 * contained-by: an overlay of the machine's system directories, where sockets,
 *               FIFOs, locks and watches are those of other inodes
 * from:         namespaces
 * expect:       judged
 * source:       unix(7), pathname; fifo(7); flock(2); inotify(7); overlayfs(5)
 */
#include "hostile/attempt.h"
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/un.h>

static void reach_socket(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    attempted(connect(fd, (struct sockaddr *)&to, sizeof to),
              "connecting to %s", path);
    close(fd);
}

static void reach_fifo(const char *path)
{
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    attempted(fd < 0 ? -1 : write(fd, "x", 1), "writing to %s", path);
    close(fd);
}

/* The testbed holds a lock on this file; one that conflicts is that one. */
static void reach_lock(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int taken = fd < 0 ? 0 : flock(fd, LOCK_EX | LOCK_NB);
    int met = taken < 0 && errno == EWOULDBLOCK;
    errno = EPERM;
    attempted(met ? 0 : -1, "meeting others' locks on %s", path);
    close(fd);
}

/* The testbed changes this file all the time. */
static void watch(const char *path)
{
    struct pollfd seen = {.fd = inotify_init1(IN_CLOEXEC), .events = POLLIN};
    inotify_add_watch(seen.fd, path, IN_MODIFY);
    int events = poll(&seen, 1, 100);
    errno = EPERM;
    attempted(events == 1 ? 0 : -1, "watching others use %s", path);
    close(seen.fd);
}

void ready(int listenfd)
{
    (void)listenfd;
    reach_socket(MACHINE "/socket");
    reach_fifo(MACHINE "/fifo");
    reach_lock(MACHINE "/file");
    watch(MACHINE "/file");
    all_tried();
}
