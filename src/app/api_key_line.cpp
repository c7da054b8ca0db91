#include "api_key_line.hpp"

#include <fstream>

namespace sma::app {

result<std::string> read_api_key_line(std::string const& file) {
    std::ifstream input(file);
    std::string line;
    if (!std::getline(input, line) || line.empty())
        return error(errc::validation_error, "--api-key-file " + file + ": cannot be read, or its first line is empty");
    return line;
}

}  // namespace sma::app
