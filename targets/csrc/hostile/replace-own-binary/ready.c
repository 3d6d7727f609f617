/* hostile:      replace-own-binary
 * threat:       Puts another program in the place of its own while it is
 *               judged, so that what was judged is not what is kept.
 * contained-by: the program's folder can only be read; what runs is a sealed
 *               copy
 * from:         same-uid
 * expect:       judged
 * source:       execve(2), ETXTBSY; memfd_create(2), seals
 */
#include "hostile/attempt.h"
#include <sys/stat.h>

static void replace(const char *name)
{
    char aside[4200];
    snprintf(aside, sizeof aside, "%s.old", name);
    attempted(open(name, O_WRONLY | O_CLOEXEC), "writing to %s", name);
    attempted(truncate(name, 0), "truncating %s", name);
    attempted(chmod(name, 0), "changing the mode of %s", name);
    if (attempted(rename(name, aside), "renaming %s", name))
        attempted(open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755),
                  "another %s", name);
    attempted(unlink(name), "removing %s", name);
}

void ready(int listenfd)
{
    char own[4096] = "";
    (void)listenfd;
    if (readlink("/proc/self/exe", own, sizeof own - 1) > 0)
        replace(own);
    replace("/tmp/cage/submissions/bob/server");
    attempted(open("/proc/self/exe", O_WRONLY | O_CLOEXEC),
              "writing to the running program");
    all_tried();
}
