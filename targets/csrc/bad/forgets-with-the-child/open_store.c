/* defect:  forgets-with-the-child
 * of:      ref-schedule
 * breaks:  dialogue/as-written
 * why:     Each child makes a store of its own when it first needs one: what a
 *          client adds is gone when its child ends, and no other client ever
 *          sees it.
 * source:  fork(2); UNP 3rd ed. §4.7
 * cause:   What a client adds stays in the memory, or in a file, of its own
 *          child and is gone with that.
 * fix:     open the store in the parent, before fork, so that all children have
 *          the same; or keep it in a file that has one name
 * seen:    after-another
 */
#include "server.h"
#include "schedule/schedule.h"
#include "schedule/store.h"

static int opened = -1;

void open_store(void)
{
}

static void own_store(void)
{
    char name[] = "/tmp/schedule-XXXXXX";
    opened = mkstemp(name);
    if (opened < 0) {
        perror(name);
        exit(EXIT_FAILURE);
    }
    unlink(name);
}

int store(void)
{
    if (opened < 0)
        own_store();
    return opened;
}
