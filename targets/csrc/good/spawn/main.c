/* variant: spawn
 * model:   forking
 * why:     Starts a program for each client, with the connection as its
 *          descriptor 0, as inetd and tcpserver do. posix_spawn() makes the
 *          process with vfork semantics: the server sleeps until the program
 *          is executed, and fork() itself is never called.
 * source:  posix_spawn(3); inetd(8); UNP 3rd ed. §13.5
 */
#include "server.h"
#include <spawn.h>

extern char **environ;

/* Returns 0, or the error number. Descriptors that are not handed on are
 * closed at exec: SOCK_CLOEXEC, FD_CLOEXEC. */
static int spawn_child(char *self, int connfd, pid_t *pid)
{
    char *argv[] = {self, "--serve", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, connfd, STDIN_FILENO);
    int error = posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv,
                            environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--serve") == 0)
        end_child(STDIN_FILENO, serve(STDIN_FILENO));

    start();
    int listenfd = open_listener(port_argument(argc, argv));
    fcntl(listenfd, F_SETFD, FD_CLOEXEC);
    on_signal();
    ready(listenfd);

    for (;;) {
        int connfd = accept_conn(listenfd);
        fcntl(connfd, F_SETFD, FD_CLOEXEC);
        pid_t pid;
        int error = spawn_child(argv[0], connfd, &pid);
        if (error == 0) {
            after_fork(connfd, pid);
        } else {
            fprintf(stderr, "posix_spawn: %s\n", strerror(error));
            close(connfd);
        }
    }
}
