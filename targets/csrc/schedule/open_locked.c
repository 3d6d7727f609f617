/* flock() locks a file for who has opened it. The children inherit the store's
 * descriptor, and with it one and the same opening, so each opens the file anew
 * for its lock.
 */
#include "server.h"
#include "schedule/schedule.h"
#include "schedule/store.h"
#include <sys/file.h>

int open_locked(int lock)
{
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", store());
    int fd = open(name, O_RDWR | O_APPEND | O_CLOEXEC);
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
    close(fd);                  /* and unlocks it */
}
