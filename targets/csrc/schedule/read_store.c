/* The whole store, as a text. */
#include "server.h"
#include "schedule/schedule.h"
#include "schedule/store.h"
#include <sys/file.h>
#include <sys/stat.h>

char *read_store(void)
{
    int fd = open_locked(LOCK_SH);
    struct stat about;
    char *text = NULL;
    if (fd >= 0 && fstat(fd, &about) == 0)
        text = malloc((size_t)about.st_size + 1);
    ssize_t have = 0, n = 0;
    while (text != NULL && have < about.st_size) {
        n = pread(fd, text + have, (size_t)(about.st_size - have), have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += n;
    }
    if (fd >= 0)
        close_store(fd);
    if (text != NULL)
        text[have] = '\0';
    return text;
}
