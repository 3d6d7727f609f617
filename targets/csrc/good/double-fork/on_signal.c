/* Nothing to do: make_child() waits for its child itself. */
#include "server.h"

void on_signal(void)
{
}
