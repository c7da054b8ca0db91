// Request bodies and images for tests.
#pragma once

#include "http_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sma::test {

std::string encode_base64(std::string_view bytes);

/// One part of a form.
struct form_file {
    std::string name = "file";
    std::string filename;
    std::string bytes;
};

/// A multipart/form-data body and the header that goes with it.
struct form_body {
    header_list headers;
    std::string bytes;
};
form_body make_form(std::vector<form_file> const& files);

/// POST of a form, and of the bare bytes of an image.
std::string post_form(std::string_view target, std::vector<form_file> const& files);
std::string post_image(std::string_view target, std::string_view bytes);

/// `bytes` in chunks of `chunk_bytes`, with the last chunk.
std::string in_chunks(std::string_view bytes, std::size_t chunk_bytes);

/// A gray 24-bit BMP.
std::string make_bmp(int width, int height);
/// The first bytes of a PNG (signature, IHDR with a valid checksum, an IDAT without content) that claims this size.
std::string make_png_header(unsigned width, unsigned height);

}  // namespace sma::test
