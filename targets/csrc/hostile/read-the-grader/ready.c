/* hostile:      read-the-grader
 * threat:       Looks for the grader's secrets: in its own environment, in the
 *               environment of every process that it can see, in the grader's
 *               folder, and in the working folder of its parent.
 * contained-by: a fixed environment; another root folder, or Landlock
 * from:         same-uid
 * expect:       judged
 * source:       environ(7); proc_pid_environ(5); landlock(7)
 */
#include "hostile/attempt.h"

/* Says what a file holds, when it holds a secret. */
static void look_into(const char *name)
{
    static char text[64 << 10];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (n < 0) {
        attempted(-1, "reading %s", name);
        close(fd);
        return;
    }
    char *secret = memmem(text, (size_t)n, "CANARY", 6);
    if (secret != NULL)
        attempted(0, "reading %.60s in %s", secret, name);
    close(fd);
}

void ready(int listenfd)
{
    static const char *const files[] = {
        GRADER "/canary", "canary", "../canary", "../../grader/canary",
        "/proc/self/environ", "/proc/1/root" GRADER "/canary",
        "/proc/self/root" GRADER "/canary", "/etc/shadow",
    };
    static const char *const of_process[] = {"environ", "cwd/canary"};
    char name[128];
    pid_t pid;
    (void)listenfd;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        look_into(files[i]);
    DIR *proc = opendir("/proc");
    while ((pid = next_stranger(proc)) != 0)
        for (size_t i = 0; i < sizeof of_process / sizeof *of_process; i++) {
            snprintf(name, sizeof name, "/proc/%d/%s", (int)pid, of_process[i]);
            look_into(name);
        }
    closedir(proc);
    all_tried();
}
