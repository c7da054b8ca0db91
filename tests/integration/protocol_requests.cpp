#include "protocol_requests.hpp"

#include "bodies.hpp"
#include "checks.hpp"

#include <boost/json/parse.hpp>
#include "catch.hpp"

#include <array>
#include <charconv>
#include <cstring>

using Catch::Matchers::ContainsSubstring;

namespace sma::test {
namespace json = boost::json;

namespace {

constexpr std::size_t side = 256;
constexpr std::size_t crop = 224;
constexpr std::size_t bmp_header_bytes = 54;
constexpr std::array<float, 3> mean{0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> deviation{0.229F, 0.224F, 0.225F};

/// Rings around a center that depends on the seed.
unsigned char value_at(unsigned seed, std::size_t x, std::size_t y, std::size_t channel) {
    auto const dx = x > 100 + seed * 7 ? x - 100 - seed * 7 : 100 + seed * 7 - x;
    auto const dy = y > 120 ? y - 120 : 120 - y;
    return static_cast<unsigned char>((dx * dx + dy * dy) / (24 + 3 * seed) + 70 * channel);
}

std::vector<std::string> texts_of(std::string_view bytes) {
    std::vector<std::string> texts;
    while (!bytes.empty()) {
        std::uint32_t length = 0;
        REQUIRE(bytes.size() >= sizeof length);
        std::memcpy(&length, bytes.data(), sizeof length);
        bytes.remove_prefix(sizeof length);
        REQUIRE(bytes.size() >= length);
        texts.emplace_back(bytes.substr(0, length));
        bytes.remove_prefix(length);
    }
    return texts;
}

std::size_t elements_of(std::vector<std::int64_t> const& shape) {
    std::size_t n = 1;
    for (auto const d : shape) n *= static_cast<std::size_t>(d);
    return n;
}

received_output read_output(json::object const& object, std::string_view& binary) {
    received_output out;
    out.name = object.at("name").as_string();
    out.datatype = object.at("datatype").as_string();
    for (auto const& d : object.at("shape").as_array()) out.shape.push_back(d.to_number<std::int64_t>());
    bool const text = out.datatype == "BYTES";
    if (object.contains("data")) {
        for (auto const& value : object.at("data").as_array())
            if (text)
                out.texts.emplace_back(value.as_string());
            else
                out.numbers.push_back(value.to_number<float>());
    } else {
        out.binary = true;
        auto const size = object.at("parameters").at("binary_data_size").to_number<std::size_t>();
        REQUIRE(binary.size() >= size);
        auto const bytes = binary.substr(0, size);
        if (text)
            out.texts = texts_of(bytes);
        else
            out.numbers = floats_of(bytes);
        binary.remove_prefix(size);
    }
    CHECK((text ? out.texts.size() : out.numbers.size()) == elements_of(out.shape));
    return out;
}

}  // namespace

known_picture make_picture(unsigned seed) {
    known_picture picture;
    picture.file = make_bmp(static_cast<int>(side), static_cast<int>(side));
    picture.tensor.resize(3 * crop * crop);
    constexpr auto margin = (side - crop) / 2;
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t x = 0; x < side; ++x)
            for (std::size_t c = 0; c < 3; ++c) {
                auto const value = value_at(seed, x, y, c);
                // The last row first, blue before green before red.
                picture.file[bmp_header_bytes + ((side - 1 - y) * side + x) * 3 + 2 - c] = static_cast<char>(value);
                if (x < margin || y < margin || x >= margin + crop || y >= margin + crop) continue;
                picture.tensor[(c * crop + y - margin) * crop + x - margin] =
                    (static_cast<float>(value) / 255.0F - mean[c]) / deviation[c];
            }
    return picture;
}

std::string bytes_of(std::vector<float> const& numbers) {
    return {reinterpret_cast<char const*>(numbers.data()), numbers.size() * sizeof(float)};
}

std::vector<float> floats_of(std::string_view bytes) {
    REQUIRE(bytes.size() % sizeof(float) == 0);
    std::vector<float> numbers(bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
}

std::string json_numbers(std::vector<float> const& numbers, bool nested) {
    std::string out = nested ? "[[[" : "[";
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i > 0) out += !nested || i % crop != 0 ? ", " : i % (crop * crop) == 0 ? "]], [[" : "], [";
        char digits[32];
        out.append(digits, std::to_chars(digits, digits + sizeof digits, numbers[i]).ptr);
    }
    return out + (nested ? "]]]" : "]");
}

std::string element(std::string_view bytes) {
    auto const length = static_cast<std::uint32_t>(bytes.size());
    std::string out(sizeof length, '\0');
    std::memcpy(out.data(), &length, sizeof length);
    return out.append(bytes);
}

std::string infer_json(std::string_view text, std::string_view target) {
    return make_request("POST", target, {}, text);
}

std::string infer_binary(std::string_view text, std::string_view tensors, std::string_view target) {
    return make_request("POST", target, {{"Inference-Header-Content-Length", std::to_string(text.size())}},
                        std::string(text).append(tensors));
}

received_output const& received_answer::output(std::string_view name) const {
    for (auto const& out : outputs)
        if (out.name == name) return out;
    FAIL("the answer has no output " << name);
    return outputs.front();
}

received_answer require_answer(http_response const& response) {
    INFO("status " << response.status << ": " << response.body.substr(0, 1000));
    REQUIRE(response.status == 200);
    require_common_headers(response);
    CHECK(response.has("Server-Timing"));
    std::string_view text = response.body;
    std::string_view binary;
    bool const with_tensors = response.has("Inference-Header-Content-Length");
    CHECK(response.header("Content-Type") == (with_tensors ? "application/octet-stream" : "application/json"));
    if (with_tensors) {
        auto const length = std::stoul(response.header("Inference-Header-Content-Length"));
        REQUIRE(length <= text.size());
        binary = text.substr(length);
        text = text.substr(0, length);
    }
    received_answer answer;
    answer.json = json::parse(text).as_object();
    CHECK(answer.json.at("model_name").as_string() == "resnet50");
    CHECK(answer.json.at("model_version").as_string() == "1");
    for (auto const& output : answer.json.at("outputs").as_array())
        answer.outputs.push_back(read_output(output.as_object(), binary));
    CHECK(binary.empty());
    return answer;
}

void require_protocol_error(http_response const& response, int status, std::string_view part) {
    INFO("status " << response.status << ": " << response.body);
    REQUIRE(response.status == status);
    auto const object = require_json(response);
    REQUIRE(keys(object) == std::vector<std::string>{"error"});
    REQUIRE(object.at("error").is_string());
    CHECK_THAT(std::string(object.at("error").as_string()), ContainsSubstring(std::string(part)));
    CHECK(response.has("Retry-After") == (status == 503));
}

}  // namespace sma::test
