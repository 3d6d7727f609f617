/* variant: stevens-final
 * model:   forking
 * advice:  launch/restarts-at-once faults/fork-eagain faults/fork-enomem
 *          faults/accept-econnaborted faults/accept-eproto
 *          faults/accept-enobufs faults/accept-enomem faults/accept-enfile
 *          faults/accept-emfile signals/keeps-errno
 * why:     The server at the end of UNP's chapter 5: it closes both
 *          descriptors, reaps in a loop and survives EINTR. It ends when
 *          fork() or accept() fails, and sets no SO_REUSEADDR: fit for a
 *          book, with advice for production.
 * source:  UNP 3rd ed. §5.2 to §5.10, figures 5.2, 5.3, 5.11 and 5.12
 */
#include "server.h"

static void err_sys(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void sig_chld(int signo)
{
    (void)signo;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

static void write_n(int fd, const char *data, size_t left)
{
    while (left > 0) {
        ssize_t written = write(fd, data, left);
        if (written < 0 && errno == EINTR)
            written = 0;
        if (written < 0)
            err_sys("write");
        data += written;
        left -= (size_t)written;
    }
}

static void str_echo(int sockfd)
{
    ssize_t n;
    char buf[4096];

    do {
        while ((n = read(sockfd, buf, sizeof buf)) > 0)
            write_n(sockfd, buf, (size_t)n);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        err_sys("read");
}

int main(int argc, char **argv)
{
    int listenfd = socket(AF_INET, SOCK_STREAM, 0);
    if (listenfd < 0)
        err_sys("socket");

    struct sockaddr_in servaddr = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_ANY),
        .sin_port = htons(port_argument(argc, argv)),
    };
    if (bind(listenfd, (struct sockaddr *)&servaddr, sizeof servaddr) < 0)
        err_sys("bind");
    if (listen(listenfd, 1024) < 0)
        err_sys("listen");

    struct sigaction act = {.sa_handler = sig_chld, .sa_flags = SA_RESTART};
    sigemptyset(&act.sa_mask);
    sigaction(SIGCHLD, &act, NULL);     /* must call waitpid() */

    for (;;) {
        int connfd = accept(listenfd, NULL, NULL);
        if (connfd < 0) {
            if (errno == EINTR)
                continue;               /* back to for () */
            err_sys("accept");
        }

        pid_t childpid = fork();
        if (childpid < 0)
            err_sys("fork");
        if (childpid == 0) {            /* child process */
            close(listenfd);            /* close listening socket */
            str_echo(connfd);           /* process the request */
            exit(0);
        }
        close(connfd);                  /* parent closes connected socket */
    }
}
