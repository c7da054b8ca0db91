#include "order_requests.hpp"

#include "bodies.hpp"
#include "protocol_requests.hpp"

#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

namespace sma::test {
namespace {

std::string corpus(std::string const& name) {
    return read_file(std::string(SMA_SOURCE_DIR "/tests/fuzz/corpus/image/") + name);
}

constexpr unsigned char huffman_tables = 0xc4;
constexpr unsigned char quantization_tables = 0xdb;
constexpr unsigned char start_of_scan = 0xda;

/// A JPEG without the segments of this kind that stand before its first scan.
std::string without(unsigned char kind, std::string_view jpeg) {
    auto const byte = [&jpeg](std::size_t at) { return static_cast<unsigned char>(jpeg.at(at)); };
    std::string kept(jpeg.substr(0, 2));
    jpeg.remove_prefix(2);
    while (byte(1) != start_of_scan) {
        auto const size = 2 + std::size_t{byte(2)} * 256 + byte(3);
        if (byte(1) != kind) kept += jpeg.substr(0, size);
        jpeg.remove_prefix(size);
    }
    return kept.append(jpeg);
}

std::string post_json(std::string_view body, std::string_view target = "/predict") {
    return make_request("POST", target, {{"Content-Type", "application/json"}}, body);
}

std::string quoted_base64(std::string const& file) { return '"' + encode_base64(corpus(file)) + '"'; }

/// A decoder that keeps what a file brought would read these with another file's tables.
void add_files_without_tables(std::vector<asked>& all) {
    auto const baseline = corpus("baseline.jpg");
    auto const progressive = corpus("progressive.jpg");  // has Huffman tables of its own
    all.push_back(
        {"no Huffman tables, progressive", post_image("/predict", without(huffman_tables, progressive)), 422});
    all.push_back({"no quantization tables", post_image("/predict", without(quantization_tables, baseline)), 422});
    all.push_back({"no Huffman tables", post_image("/predict", without(huffman_tables, baseline))});
}

void add_images(std::vector<asked>& all) {
    constexpr std::array files{"baseline.jpg", "progressive.jpg",  "cmyk.jpg",     "orientation6.jpg",
                               "rgb16.png",    "interlaced.png",   "palette.png",  "lossy_alpha.webp",
                               "plain.gif",    "small_frame.gif",  "lzw.tif",      "float.tif",
                               "rgb.bmp",      "orientation5.tif", "fields565.bmp"};
    for (std::size_t i = 0; i < files.size(); ++i)
        all.push_back({files[i], post_image("/predict?top_k=" + std::to_string(i % 10 + 1), corpus(files[i]))});
    auto const chunked = in_chunks(corpus("tall.jpg"), 500);
    all.push_back({"in chunks",
                   "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/jpeg\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n" +
                       chunked});
}

void add_forms_and_json(std::vector<asked>& all) {
    all.push_back({"form", post_form("/predict?top_k=3", {{"file", "a.jpg", corpus("baseline.jpg")}})});
    all.push_back(
        {"form without a file name", post_form("/predict", {{"note", "", "x"}, {"file", "", sample_bytes()}})});
    all.push_back({"form of several, one broken", post_form("/predict?top_k=2", {{"file", "a", corpus("gray.jpg")},
                                                                                 {"file", "b", corpus("cut_rgb.png")},
                                                                                 {"file", "c", corpus("rgb.png")}})});
    all.push_back({"JSON", post_json("{\"image\": " + quoted_base64("rgba.png") + "}", "/predict?top_k=1")});
    all.push_back({"JSON of several", post_json("{\"images\": [" + quoted_base64("gray.gif") + ", " +
                                                quoted_base64("cut_plain.gif") + "]}")});
}

void add_inference(std::vector<asked>& all) {
    std::vector<float> numbers(3 * order_side * order_side);
    std::iota(numbers.begin(), numbers.end(), 0.0F);
    for (auto& number : numbers) number = std::sin(number / 50);
    auto const planes = bytes_of(numbers);
    auto const edge = std::to_string(order_side);
    auto const tensor = R"({"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 3, )" + edge + ", " + edge +
                        R"(], "parameters": {"binary_data_size": )" + std::to_string(planes.size()) + "}}]";
    auto const image = R"({"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": [)" +
                       quoted_base64("lossless.webp") + "]}]";
    all.push_back({"infer, JSON", infer_json(image + R"(, "id": "mine"})")});
    all.push_back({"infer, classes", infer_json(image + R"(, "parameters": {"classification": 2}})")});
    all.push_back({"infer, binary", infer_binary(tensor + "}", planes)});
    all.push_back(
        {"infer, binary both ways", infer_binary(tensor + R"(, "parameters": {"binary_data_output": true}})", planes)});
    all.push_back({"infer, no JSON", infer_binary("", corpus("top_down.bmp"))});
    all.push_back({"infer, half a document", infer_json(image), 400});
    all.push_back({"infer, unknown output", infer_json(image + R"(, "outputs": [{"name": "y"}]})"), 400});
    all.push_back({"infer, unknown model", infer_json("{}", "/v2/models/other/infer"), 404});
}

void add_pages(std::vector<asked>& all) {
    all.push_back({"page", make_request("GET", "/docs")});
    all.push_back({"page that is known", make_request("GET", "/docs", {{"If-None-Match", "*"}}), 304});
    all.push_back(
        {"traced", make_request("GET", "/v2/models/resnet50",
                                {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}})});
    all.push_back({"options", make_request("OPTIONS", "/predict"), 204});
}

void add_refused_images(std::vector<asked>& all) {
    for (auto const* file : {"cut_baseline.jpg", "cut_progressive.jpg", "cut_lossy.webp", "cut_lzw.tif", "cut_rgb.bmp"})
        all.push_back({file, post_image("/predict", corpus(file)), 422});
    all.push_back({"too large", post_image("/predict", make_png_header(20'000, 20'000)), 413});
    all.push_back({"not an image", post_image("/predict", "hello, world"), 415});
    all.push_back({"no bytes", post_image("/predict", ""), 400});
    all.push_back({"no bytes in a form", post_form("/predict", {{"file", "a.jpg", ""}}), 400});
    all.push_back({"not base64", post_json(R"({"image": "%"})"), 400});
}

void add_refused_requests(std::vector<asked>& all) {
    auto const star = sample_bytes();
    auto const form = make_form({{"file", "a.jpg", star}});
    auto const half_form = form.bytes.substr(0, form.bytes.size() / 2);
    all.push_back({"bad top_k", post_image("/predict?top_k=0", star), 422});
    all.push_back({"bad timeout", make_request("POST", "/predict?timeout_ms=soon", form.headers, form.bytes), 422});
    all.push_back({"bad escape", make_request("POST", "/%zz", {}, star), 400});
    all.push_back({"unknown path", make_request("POST", "/nothing", {}, star), 404});
    all.push_back({"unknown method", make_request("PUT", "/predict", {}, star), 405});
    all.push_back({"form without its end", make_request("POST", "/predict", form.headers, half_form), 400});
    all.push_back({"form without a file", post_form("/predict", {{"note", "", "x"}}), 400});
    all.push_back({"half a document", post_json(R"({"image": "iVBO)"), 400});
    all.push_back({"document of nothing", post_json("{}"), 400});
    all.push_back({"two hosts", make_request("GET", "/health", {{"Host", "b"}}), 400, after::closes});
}

void add_broken_off(std::vector<asked>& all) {
    auto const form = post_form("/predict?top_k=9", {{"file", "left.jpg", sample_bytes("ring-1.jpg")}});
    auto const infer = infer_binary(R"({"inputs": [)", std::string(100'000, 'x'));
    auto const add = [&all](std::string name, std::string_view bytes) {
        all.push_back({std::move(name), std::string(bytes), 0, after::broken_off});
    };
    add("half a header", "POST /predict?top_k=7 HTTP/1.1\r\nHost: a\r\nX-API");
    add("half a form", std::string_view(form).substr(0, form.size() / 2));
    add("half a tensor", std::string_view(infer).substr(0, infer.size() / 2));
    add("half a chunk",
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/gif\r\n"
        "Transfer-Encoding: chunked\r\n\r\n400\r\nGIF89a");
    add("whole, and not waited for", form);
}

}  // namespace

std::vector<asked> requests_of_every_kind() {
    std::vector<asked> all;
    add_files_without_tables(all);
    add_images(all);
    add_forms_and_json(all);
    add_inference(all);
    add_pages(all);
    add_refused_images(all);
    add_refused_requests(all);
    add_broken_off(all);
    return all;
}

}  // namespace sma::test
