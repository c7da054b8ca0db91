// Part "image" of the program.
#include "sma/image/image_part.hpp"
#include "sma/image/vips_library.hpp"
#include "sma/version.hpp"

namespace {

std::vector<std::pair<std::string, std::string>> libraries() { return {{"libvips", sma::image::library_version()}}; }

}  // namespace

extern "C" __attribute__((visibility("default"))) sma::part const* simple_model_api_part() {
    static sma::image::image_part const table{{sma::version::build, libraries},
                                              sma::image::make_decoder_work,
                                              sma::image::format_name_of,
                                              sma::image::readable_formats};
    return &table;
}
