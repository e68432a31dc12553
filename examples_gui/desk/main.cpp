// upbit-desk: a trading desk on live Upbit data.
#include "common/program.h"
#include "window.h"

int main(int argc, char **argv)
{
    return runProgram(
        argc, argv, "upbit-desk",
        "A trading desk on live Upbit data. Live by default; with no live data within "
        "3 s it shows the simulated exchange, marked.",
        [](Exchange &exchange, Settings &settings) -> Frame * {
            return new Window(exchange, settings);
        });
}
