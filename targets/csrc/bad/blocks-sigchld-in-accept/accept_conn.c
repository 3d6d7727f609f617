/* defect:  blocks-sigchld-in-accept
 * breaks:  reaping/promptly
 * why:     The server blocks SIGCHLD so that accept() is never interrupted,
 *          and unblocks it when the next client connects: until then every
 *          child that ended stays a zombie.
 * source:  sigprocmask(2); UNP 3rd ed. §5.9
 * cause:   The server reaps only when the next client connects: until then its
 *          children stay zombies.
 * fix:     reap in the SIGCHLD handler, or wait in ppoll/pselect with SIGCHLD
 *          unblocked
 * python:  call os.waitpid(-1, os.WNOHANG) in a handler of signal.SIGCHLD, not
 *          only before accept
 */
#include "server.h"

int accept_conn(int listenfd)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        sigprocmask(SIG_BLOCK, &child, NULL);
        int connfd = accept(listenfd, NULL, NULL);
        sigprocmask(SIG_UNBLOCK, &child, NULL);
        if (connfd >= 0)
            return connfd;
        accept_failed();
    }
}
