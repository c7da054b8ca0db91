// Fuzz target for the multipart parser. The first line of the input is a Content-Type, the rest a body. The parser must
// give the same result for the body in one piece, in bytes, and cut at places that the input itself chooses.
#include "multipart_recorder.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace sma::http;
    std::string_view const input(reinterpret_cast<char const*>(data), size);
    auto const line = input.substr(0, input.find('\n'));
    auto const body = input.substr(std::min(input.size(), line.size() + 1));
    auto const boundary = multipart_boundary(line);
    if (!boundary || !*boundary) return 0;

    multipart_parser::limits const limits{5, 256};
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at < body.size(); at += 1 + static_cast<unsigned char>(body[at])) cuts.push_back(at);
    auto const whole = test::parse_split(body, **boundary, {}, limits);
    if (test::parse_split(body, **boundary, test::every_cut(body), limits) != whole) std::abort();
    if (test::parse_split(body, **boundary, cuts, limits) != whole) std::abort();
    return 0;
}
