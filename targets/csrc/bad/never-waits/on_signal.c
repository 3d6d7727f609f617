/* defect:  never-waits
 * breaks:  reaping/one reaping/sequential reaping/five-at-once
 *          reaping/many-at-once reaping/one-of-two reaping/killed-child
 *          reaping/stopped-child
 * why:     It never waits for its children: each of them stays a zombie for
 *          as long as the server runs.
 * source:  UNP 3rd ed. §5.8; wait(2), NOTES
 * cause:   The server waits for none of its children: each one that has ended
 *          stays a zombie.
 * fix:     install a SIGCHLD handler with: while (waitpid(-1, NULL, WNOHANG) >
 *          0) ; and save and restore errno around it
 * python:  reap in the loop or in a SIGCHLD handler: call os.waitpid(-1,
 *          os.WNOHANG) until it returns pid 0 or raises ChildProcessError
 * seen:    default-sigchld
 */
#include "server.h"

void on_signal(void)
{
    /* SIGCHLD keeps its default disposition */
}
