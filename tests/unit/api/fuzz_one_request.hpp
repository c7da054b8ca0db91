// Run of one fuzz input for inference requests; also used for the corpus test.
#pragma once

#include "inference_protocol/infer_request.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string_view>

namespace sma::api::inference_protocol::test {

/// Whether `part` lies inside `whole`.
inline bool is_inside(std::string_view part, std::string_view whole) {
    std::less_equal<char const*> const before;
    return before(whole.data(), part.data()) && before(part.data() + part.size(), whole.data() + whole.size());
}

/// The first line of the input is Inference-Header-Content-Length, the rest a body. Aborts if a request is accepted
/// that is not within the rules, or whose images lie outside the body and what the request holds.
inline bool fuzz_one_request(std::string_view input) {
    auto const line = input.substr(0, input.find('\n'));
    auto const body = input.substr(std::min(input.size(), line.size() + 1));
    request_rules const rules{2, 1, 3, 2, 10};
    auto const parts = split_body(body, line);
    if (!parts) return false;
    auto const r = read_infer_request(*parts, rules);
    if (!r) return false;
    if (r->images.empty() || r->images.size() > rules.images_max) std::abort();
    if (r->outputs.empty() || r->outputs.size() > 2) std::abort();
    for (auto const& output : r->outputs)
        if (output.top_k < 0 || output.top_k > rules.classes) std::abort();
    std::string_view const numbers(reinterpret_cast<char const*>(r->numbers.data()), r->numbers.size() * sizeof(float));
    for (auto const image : r->images) {
        bool found = is_inside(image, body) || is_inside(image, numbers);
        for (auto const& file : r->files) found = found || is_inside(image, file);
        if (!found) std::abort();
        bool const planes = r->content == serving::image_content::planes;
        if (planes ? image.size() != 24 : image.size() > rules.image_bytes_max) std::abort();
    }
    return true;
}

}  // namespace sma::api::inference_protocol::test
