/* attempt.h: how a hostile server reports the results of its attempts.
 *
 * The tests read these lines and also observe the server from outside, so that
 * a server that lies here is found out by what it leaves behind.
 */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "server.h"
#include <dirent.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Where the grader and the submissions are; a submission may know that. */
#define GRADER "/srv/testbed/grader"
#define OTHERS "/srv/testbed/submissions/alice"
#define OWN "/srv/testbed/submissions/bob/server"
#define MACHINE "/opt/testbed"

/* Says that something was achieved, or with a negative result that it was
 * refused, with errno. Returns whether it was achieved. */
__attribute__((format(printf, 2, 3)))
static inline int attempted(long result, const char *format, ...)
{
    int error = errno;
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (result < 0)
        dprintf(STDOUT_FILENO, "hostile: refused %s: %s\n", what,
                strerror(error));
    else
        dprintf(STDOUT_FILENO, "hostile: achieved %s\n", what);
    return result >= 0;
}

/* Says that everything was tried. */
static inline void all_tried(void)
{
    dprintf(STDOUT_FILENO, "hostile: done\n");
}

/* The next process that is not this one: the parent, which /proc may hide, then
 * those in an open /proc; 0 after the last. */
static inline pid_t next_stranger(DIR *proc)
{
    static int asked;
    struct dirent *entry;
    if (!asked++)
        return getppid();
    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid > 0 && pid != getpid())
            return pid;
    }
    return 0;
}

/* Forks a process for an attack that has no end; the server goes on serving.
 * Returns whether this is that process. It holds no socket. */
static inline int attacker(int listenfd)
{
    if (fork() != 0)
        return 0;
    close(listenfd);
    signal(SIGCHLD, SIG_IGN);
    return 1;
}

/* The same for an attack that ends with _exit(), or is ended: a further process
 * waits for that, and says that everything was tried. */
static inline int mortal_attacker(int listenfd)
{
    int status;
    if (fork() != 0)
        return 0;
    close(listenfd);
    signal(SIGCHLD, SIG_DFL);
    pid_t pid = fork();
    if (pid == 0)
        return 1;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        dprintf(STDOUT_FILENO, "hostile: the attacker was killed\n");
    all_tried();
    for (;;)
        pause();
}

#endif
