/* defect:  shows-everyone
 * of:      ref-schedule
 * breaks:  dialogue/abandoned dialogue/own-answers
 * why:     It shows the entries of every user to each of them.
 * source:  the exercise: requests for schedules from different users
 * cause:   A client is shown the entries of all users.
 * fix:     compare the name of the user with that of each entry
 * seen:    reply-wrong, child-serves
 */
#include "server.h"
#include "schedule/schedule.h"
#include <sys/file.h>
#include <sys/stat.h>

static int store = -1;

void open_store(void)
{
    char name[] = "/tmp/schedule-XXXXXX";
    store = mkstemp(name);
    if (store < 0) {
        perror(name);
        exit(EXIT_FAILURE);
    }
    unlink(name);
}

/* Opens the store for this thread alone and locks it; -1 on error. */
static int open_locked(int lock)
{
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", store);
    int fd = open(name, O_RDWR | O_APPEND | O_CLOEXEC);
    while (fd >= 0 && flock(fd, lock) < 0) {
        if (errno != EINTR) {
            close(fd);
            return -1;
        }
    }
    return fd;
}

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
    close(fd);                  /* and unlocks it */
    return written == (ssize_t)n ? 0 : -1;
}

/* Returns the whole store as a text, to be freed; NULL on error. */
static char *read_store(void)
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
        close(fd);
    if (text != NULL)
        text[have] = '\0';
    return text;
}

char *entries_of(const char *user)
{
    char *text = read_store();
    if (text == NULL)
        return NULL;
    size_t n = strlen(user);
    char *to = text;
    char *end;
    for (char *line = text; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        if ((n = strcspn(line, "\t")) > 0) {
            size_t length = (size_t)(end + 1 - (line + n + 1));
            memmove(to, line + n + 1, length);
            to += length;
        }
    }
    *to = '\0';
    return text;
}
