// Files that are built into the program: the page, the API's description, the samples. cmake/embed_files.cmake writes
// the table from src/api/page, src/api/description and conf/demo/samples.
#pragma once

#include <span>
#include <string_view>

namespace sma::api {

/// One file. Constant data; any thread.
struct embedded_file {
    std::string_view name;  ///< "page/index.html"
    std::string_view bytes;
    std::string_view etag;  ///< with its quotes
};

std::span<embedded_file const> embedded_files() noexcept;

/// nullptr if there is none of that name.
embedded_file const* find_embedded_file(std::string_view name) noexcept;

}  // namespace sma::api
