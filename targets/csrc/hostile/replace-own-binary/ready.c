/* hostile:      replace-own-binary
 * threat:       Puts another program in the place of its own while it is
 *               judged, so that what was judged is not what is kept.
 * contained-by: a view of the system in which it writes to nothing but a disk
 *               of its own; what runs cannot be written to
 * from:         uid
 * expect:       judged
 * source:       execve(2), ETXTBSY; rename(2)
 */
#include "hostile/attempt.h"
#include <sys/stat.h>

/* Where it sees a copy of its own, all of this may succeed. */
static void replace(const char *name)
{
    static const char another[] = "#!/bin/sh\necho replaced\n";
    char aside[4200];
    snprintf(aside, sizeof aside, "%s.old", name);
    if (truncate(name, 0) < 0 || chmod(name, 0) < 0 || rename(name, aside) < 0)
        unlink(name);
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    if (fd < 0 || write(fd, another, sizeof another - 1) < 0)
        attempted(-1, "another %s", name);
    close(fd);
}

void ready(int listenfd)
{
    char own[4096] = "";
    (void)listenfd;
    attempted(open("/proc/self/exe", O_WRONLY | O_CLOEXEC),
              "writing to the running program");
    if (readlink("/proc/self/exe", own, sizeof own - 1) > 0)
        replace(own);
    replace(OWN);
    all_tried();
}
