/* A line is written at once, so that no other lands in it. */
#include "server.h"
#include "schedule/schedule.h"
#include "schedule/store.h"
#include <sys/file.h>

int add_entry(const char *user, const char *entry)
{
    char line[NAME_SIZE + LINE_SIZE + 2];
    size_t n = (size_t)snprintf(line, sizeof line, "%s\t%s\n", user, entry);
    int fd = open_locked(LOCK_EX);
    if (fd < 0)
        return -1;
    ssize_t written;
    do {
        written = write(fd, line, n);
    } while (written < 0 && errno == EINTR);
    close_store(fd);
    return written == (ssize_t)n ? 0 : -1;
}
