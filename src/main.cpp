#include "sma/app/commands.hpp"

int main(int argc, char** argv) { return sma::app::run(argc, argv); }
