/* defect:  keeps-the-lock
 * of:      ref-schedule
 * breaks:  dialogue/own-answers
 * why:     A child locks the store at its first use and keeps the lock until it
 *          ends, so that its client locks out all others.
 * source:  flock(2)
 * cause:   The lock of the store is kept while the server waits for its client.
 * fix:     unlock as soon as the file has been read or written, before you read
 *          from the client again
 */
#include "server.h"
#include "schedule/schedule.h"
#include "schedule/store.h"
#include <sys/file.h>

int open_locked(int lock)
{
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", store());
    static int fd = -1;
    if (fd < 0)
        fd = open(name, O_RDWR | O_APPEND | O_CLOEXEC);
    while (fd >= 0 && flock(fd, lock) < 0) {
        if (errno != EINTR) {
            close(fd);
            return -1;
        }
    }
    return fd;
}

void close_store(int fd)
{
    (void)fd;
}
