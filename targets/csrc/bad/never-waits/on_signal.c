/* defect:  never-waits
 * breaks:  reaping/one reaping/sequential reaping/five-at-once
 *          reaping/many-at-once reaping/one-of-two reaping/killed-child
 *          reaping/stopped-child
 * why:     It never waits for its children: each of them stays a zombie for
 *          as long as the server runs.
 * source:  UNP 3rd ed. §5.8; wait(2), NOTES
 */
#include "server.h"

void on_signal(void)
{
    /* SIGCHLD keeps its default disposition */
}
