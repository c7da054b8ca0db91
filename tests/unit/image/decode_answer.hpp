// Everything that a client could see of one decoded file, for comparing two decodes of it.
#pragma once

#include "sma/image/decoder.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sma::image::test {

/// An error's code and text, or size, pixels and what the engine would get of them.
struct decode_answer {
    errc code{};
    std::string message;
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> crop;
    std::vector<std::byte> tensors;
    bool operator==(decode_answer const&) const = default;
};

/// The bytes of the image in each element type, in memory that had other bytes before. Empty if it does not decode.
inline std::vector<std::byte> tensors_of(decoder& d, std::string_view file, preprocess_options const& how) {
    auto const pool = std::make_shared<tensor_pool>(1);
    std::vector<std::byte> all;
    static int fill = 0;
    for (auto const element : {element_type::f32, element_type::bf16, element_type::s8}) {
        auto out = pool->take({37, 41, element, element == element_type::s8 ? 0.05F : 1.0F});
        auto const bytes = out.format().bytes();
        std::memset(out.data(), ++fill, bytes);
        if (d.decode(file, request_context{}, how, out).has_error()) return {};
        all.insert(all.end(), out.data(), out.data() + bytes);
    }
    return all;
}

inline decode_answer answer_of(decoder& d, std::string_view file, preprocess_options const& how = {}) {
    decode_answer answer;
    if (auto const size = d.probe(file); size.has_value()) {
        answer.width = size->width;
        answer.height = size->height;
    }
    if (auto crop = d.decode_crop(file, how); crop.has_value()) {
        answer.crop = std::move(*crop);
    } else {
        answer.code = crop.error().code;
        answer.message = crop.error().message;
    }
    answer.tensors = tensors_of(d, file, how);
    return answer;
}

/// What a process that has decoded nothing else would answer.
inline decode_answer answer_alone(decode_options const& options, std::string_view file,
                                  preprocess_options const& how = {}) {
    decoder fresh{options};
    return answer_of(fresh, file, how);
}

}  // namespace sma::image::test
