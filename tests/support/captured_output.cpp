#include "captured_output.hpp"

#include "files.hpp"

#include <unistd.h>

#include <cstdio>

namespace sma::test {

std::string captured(int descriptor, std::function<void()> const& act) {
    temporary_folder const folder;
    std::fflush(nullptr);
    int const kept = ::dup(descriptor);
    auto* const file = std::fopen((folder / "out").c_str(), "w");
    ::dup2(::fileno(file), descriptor);
    act();
    std::fflush(nullptr);
    ::dup2(kept, descriptor);
    ::close(kept);
    std::fclose(file);
    return read_file(folder / "out");
}

}  // namespace sma::test
