// The main function of an example window: options, look, language, and the window that is made
// again when one of them changes.
#ifndef COMMON_PROGRAM_H
#define COMMON_PROGRAM_H

#include <functional>

#include "frame.h"

// The market on the command line ("" without one) is in settings.code already.
using MakeFrame = std::function<Frame *(Exchange &exchange, Settings &settings)>;

// The exit status. name: the program's, e.g. "upbit-chart".
int runProgram(int argc, char **argv, const char *name, const char *description,
               const MakeFrame &make);

#endif
