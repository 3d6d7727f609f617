/* variant: daemonising
 * model:   forking
 * why:     Goes into the background once it listens: the started process ends
 *          with status 0, and the server lives on in a session of its own,
 *          with /dev/null for its standard files.
 * source:  UNP 3rd ed. §13.4; daemon(3)
 */
#include "server.h"

static void leave_to_child(void)
{
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        exit(EXIT_FAILURE);
    }
    if (pid > 0)
        _exit(EXIT_SUCCESS);
}

/* The second fork: a process that leads no session never gets a terminal. */
static void become_daemon(void)
{
    leave_to_child();
    setsid();
    leave_to_child();

    int null = open("/dev/null", O_RDWR);
    if (null < 0 || chdir("/") < 0)
        exit(EXIT_FAILURE);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    close(null);
}

void ready(int listenfd)
{
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    char port[NI_MAXSERV];

    if (getsockname(listenfd, (struct sockaddr *)&addr, &size) < 0) {
        perror("getsockname");
        exit(EXIT_FAILURE);
    }
    getnameinfo((struct sockaddr *)&addr, size, NULL, 0, port, sizeof port,
                NI_NUMERICSERV);
    printf("listening on port %s\n", port);
    fflush(stdout);
    become_daemon();
}
