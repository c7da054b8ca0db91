// Options of the benchmarks of forward passes of model files.
#pragma once

#include "sma/core/usable_resources.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace sma::bench {

struct pass_options {
    double seconds = 10;  ///< for each file
    int threads = usable_cpus();
    int batch = 1;             ///< images of a pass
    int side = 224;            ///< of an image, pixels
    bool hide_avx512 = false;  ///< what follows sees a processor with AVX2 at most
    std::vector<std::string> files;
};

/// [--seconds S] [--threads N] [--batch N] [--side PIXELS] [--hide-avx512] FILE...
inline pass_options read_pass_options(int argc, char** argv) {
    pass_options o;
    for (int i = 1; i < argc; ++i) {
        std::string const word = argv[i];
        bool const has_value = i + 1 < argc;
        if (word == "--seconds" && has_value)
            o.seconds = std::max(0.1, std::atof(argv[++i]));
        else if (word == "--threads" && has_value)
            o.threads = std::max(1, std::atoi(argv[++i]));
        else if (word == "--batch" && has_value)
            o.batch = std::max(1, std::atoi(argv[++i]));
        else if (word == "--side" && has_value)
            o.side = std::max(32, std::atoi(argv[++i]));
        else if (word == "--hide-avx512")
            o.hide_avx512 = true;
        else
            o.files.push_back(word);
    }
    return o;
}

}  // namespace sma::bench
