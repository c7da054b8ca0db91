// demo_draw: draws labeled pictures of twelve shapes and patterns.
//
// The trainer of the demo model and the accuracy test both take their pictures
// from here, so this needs nothing but a C++20 compiler, and a picture depends
// on its seed, index and size only.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr double kPi = std::numbers::pi;

// The order is the class order of the model (demo.labels.txt).
enum class Shape : std::uint8_t {
    checkerboard,
    circle,
    crescent,
    cross,
    dots,
    heart,
    ring,
    spiral,
    square,
    star,
    stripes,
    triangle
};

constexpr std::array<std::string_view, 12> kNames = {"checkerboard", "circle", "crescent", "cross",
                                                     "dots",         "heart",  "ring",     "spiral",
                                                     "square",       "star",   "stripes",  "triangle"};

// splitmix64: the standard library's distributions differ between platforms.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    double between(double low, double high) { return low + (high - low) * unit(); }
    bool chance(double probability) { return unit() < probability; }

    // Sum of four uniform numbers: close to a Gaussian, exact on every platform.
    double bell() {
        const std::uint64_t b = bits();
        auto const sum = static_cast<double>((b & 0xffff) + ((b >> 16) & 0xffff) + ((b >> 32) & 0xffff) + (b >> 48));
        return (sum / 65535.0 - 2.0) * 1.7320508;
    }

private:
    std::uint64_t state_;
};

struct Color {
    double r, g, b;
};

Color mix(Color const& a, Color const& b, double t) {
    return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

double luminance(Color const& c) { return 0.299 * c.r + 0.587 * c.g + 0.114 * c.b; }

double distance(Color const& a, Color const& b) {
    return std::sqrt((a.r - b.r) * (a.r - b.r) + (a.g - b.g) * (a.g - b.g) + (a.b - b.b) * (a.b - b.b));
}

// Braces fix the order in which the numbers are drawn; call arguments would not.
Color random_color(Random& random) { return {random.unit(), random.unit(), random.unit()}; }

bool readable_on(Color const& front, Color const& back) {
    return std::abs(luminance(front) - luminance(back)) > 0.18 && distance(front, back) > 0.40;
}

struct Palette {
    Color front[2], back[2];  // the two ends of a gradient each
};

Palette random_palette(Random& random) {
    Palette p{};
    bool const front_gradient = random.chance(0.3);
    bool const back_gradient = random.chance(0.4);
    double const front_change = random.between(0.1, 0.4);
    double const back_change = random.between(0.1, 0.6);
    bool good = false;
    while (!good) {
        p.front[0] = p.front[1] = random_color(random);
        p.back[0] = p.back[1] = random_color(random);
        if (front_gradient) p.front[1] = mix(p.front[0], random_color(random), front_change);
        if (back_gradient) p.back[1] = mix(p.back[0], random_color(random), back_change);
        good = true;
        for (Color const& front : p.front) {
            for (Color const& back : p.back) good = good && readable_on(front, back);
        }
    }
    return p;
}

// A shape in its own frame: within the unit circle, or all over the plane with
// a period of 1 for the patterns. `a` and `b` are proportions, by shape.
struct Figure {
    Shape shape;
    double a = 0, b = 0;

    bool inside(double x, double y) const {
        double const r2 = x * x + y * y;
        switch (shape) {
            case Shape::checkerboard: {
                auto const cells = static_cast<long>(std::floor(2 * x)) + static_cast<long>(std::floor(2 * y));
                return cells % 2 == 0;
            }
            case Shape::stripes:
                return x - std::floor(x) < a;
            case Shape::dots: {
                double const row = std::floor(y);
                double const shifted = x + b * row;
                double const u = shifted - std::floor(shifted) - 0.5;
                double const v = y - row - 0.5;
                return u * u + v * v < a * a;
            }
            case Shape::circle:
                return r2 < 1;
            case Shape::ring:
                return r2 < 1 && r2 > a * a;
            case Shape::crescent:
                return r2 < 1 && (x - b) * (x - b) + y * y > a * a;
            case Shape::cross:
                return (std::abs(x) < a && std::abs(y) < 0.96) || (std::abs(y) < a && std::abs(x) < 0.96);
            case Shape::heart: {
                double const u = 1.15 * x;
                double const v = 1.15 * y + 0.1;
                double const s = u * u + v * v - 1;
                return s * s * s < u * u * v * v * v;
            }
            case Shape::spiral: {
                if (r2 >= 1) return false;
                double const phase = a * std::sqrt(r2) + std::atan2(y, x) / (2 * kPi);
                return phase - std::floor(phase) < b;
            }
            case Shape::square:
                return std::max(std::abs(x), std::abs(y)) < 0.75;
            case Shape::star:
                return inside_star(x, y);
            case Shape::triangle:
                return y > -0.5 && 0.8660254 * std::abs(x) + 0.5 * y < 0.5;
        }
        return false;
    }

    // Folds the plane into one tenth of the star, whose edge is then one line
    // from the tip (1, 0) to the notch at radius `a`.
    bool inside_star(double x, double y) const {
        constexpr double kSector = kPi / 5;
        double const angle = std::atan2(y, x);
        double const folded = std::abs(angle - 2 * kSector * std::round(angle / (2 * kSector)));
        double const r = std::sqrt(x * x + y * y);
        double const px = r * std::cos(folded);
        double const py = r * std::sin(folded);
        double const nx = a * std::cos(kSector);
        double const ny = a * std::sin(kSector);
        return (nx - 1) * py - ny * (px - 1) > 0;
    }
};

struct Placing {
    double x = 0, y = 0;           // center
    double width = 1, height = 1;  // half extents of the shape, or periods of the pattern
    double angle = 0;
};

struct Scene {
    Figure figure{};
    Placing placing{};
};

Scene random_scene(Shape shape, Random& random) {
    Scene s;
    s.figure.shape = shape;
    Placing& p = s.placing;
    double low = 0.28;
    double high = 0.72;
    bool pattern = false;
    switch (shape) {
        case Shape::checkerboard:
            pattern = true;
            p.width = random.between(0.25, 0.75);
            break;
        case Shape::stripes:
            pattern = true;
            s.figure.a = random.between(0.35, 0.65);
            p.width = random.between(0.16, 0.55);
            break;
        case Shape::dots:
            pattern = true;
            s.figure.a = random.between(0.22, 0.38);
            s.figure.b = random.chance(0.5) ? 0.5 : 0.0;
            p.width = random.between(0.2, 0.55);
            break;
        case Shape::ring:
            s.figure.a = random.between(0.45, 0.75);
            break;
        case Shape::crescent:
            s.figure.a = random.between(0.75, 0.95);
            s.figure.b = random.between(0.4, 0.6);
            break;
        case Shape::cross:
            s.figure.a = random.between(0.16, 0.34);
            break;
        case Shape::star:
            s.figure.a = random.between(0.36, 0.52);
            break;
        case Shape::spiral:
            s.figure.a = random.between(2.0, 3.4) * (random.chance(0.5) ? 1 : -1);
            s.figure.b = random.between(0.38, 0.6);
            low = 0.42;
            high = 0.8;
            break;
        default:
            break;
    }
    p.angle = random.between(0, 2 * kPi);
    if (pattern) {
        p.height = p.width;
        p.x = random.between(-1, 1);
        p.y = random.between(-1, 1);
        return s;
    }
    double const size = random.between(low, high);
    double const stretch = random.between(0.88, 1.0);
    p.width = size;
    p.height = size * stretch;
    // A classifier's center crop cuts an eighth of the picture: stay inside it.
    double const room = std::max(0.0, 0.86 - size);
    p.x = random.between(-room, room);
    p.y = random.between(-room, room);
    return s;
}

struct Picture {
    int width, height;
    std::vector<std::uint8_t> bgr;  // rows top down
};

Picture draw(Shape shape, int width, int height, Random random) {
    constexpr int kGrid = 4;  // samples per pixel and axis
    const Scene scene = random_scene(shape, random);
    const Palette palette = random_palette(random);
    double const gradient = random.between(0, 2 * kPi);
    double const gx = std::cos(gradient);
    double const gy = std::sin(gradient);
    double const noise = random.chance(0.2) ? 0 : random.between(0, 0.06);
    bool const gray_noise = random.chance(0.5);

    Placing const& p = scene.placing;
    double const c = std::cos(p.angle);
    double const s = std::sin(p.angle);
    double const half = std::min(width, height) / 2.0;

    Picture picture{width, height, {}};
    picture.bgr.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    for (int row = 0; row < height; ++row) {
        for (int column = 0; column < width; ++column) {
            int hits = 0;
            for (int i = 0; i < kGrid * kGrid; ++i) {
                double const px = (column + (i % kGrid + 0.5) / kGrid - width / 2.0) / half - p.x;
                double const py = (row + (i / kGrid + 0.5) / kGrid - height / 2.0) / half - p.y;
                hits += scene.figure.inside((c * px + s * py) / p.width, (c * py - s * px) / p.height);
            }
            double const x = (column + 0.5) / width - 0.5;
            double const y = (row + 0.5) / height - 0.5;
            double const t = std::clamp(0.5 + (gx * x + gy * y), 0.0, 1.0);
            const Color color =
                mix(mix(palette.back[0], palette.back[1], t), mix(palette.front[0], palette.front[1], t),
                    static_cast<double>(hits) / (kGrid * kGrid));
            double const shared = noise * random.bell();
            for (double const channel : {color.b, color.g, color.r}) {
                double const value = channel + (gray_noise ? shared : noise * random.bell());
                picture.bgr.push_back(static_cast<std::uint8_t>(std::clamp(std::floor(value * 255 + 0.5), 0.0, 255.0)));
            }
        }
    }
    return picture;
}

void append_le(std::string& out, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

std::string to_bmp(Picture const& picture) {
    auto const width = static_cast<std::uint32_t>(picture.width);
    auto const height = static_cast<std::uint32_t>(picture.height);
    const std::uint32_t row = 3 * width;
    const std::uint32_t padding = (4 - row % 4) % 4;
    const std::uint32_t data = (row + padding) * height;
    std::string out = "BM";
    append_le(out, 54 + data, 4);
    append_le(out, 0, 4);
    append_le(out, 54, 4);
    append_le(out, 40, 4);
    append_le(out, width, 4);
    append_le(out, height, 4);
    append_le(out, 1, 2);
    append_le(out, 24, 2);
    append_le(out, 0, 4);
    append_le(out, data, 4);
    append_le(out, 2835, 4);
    append_le(out, 2835, 4);
    append_le(out, 0, 4);
    append_le(out, 0, 4);
    for (std::uint32_t y = height; y-- > 0;) {
        out.append(reinterpret_cast<char const*>(picture.bgr.data()) + std::size_t{y} * row, row);
        out.append(padding, '\0');
    }
    return out;
}

template <typename Number>
std::optional<Number> parse(std::string_view text) {
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

struct Options {
    std::uint64_t count = 0;
    std::uint64_t seed = 0;
    int width = 224;
    int height = 224;
    std::filesystem::path out;
};

constexpr std::string_view kUsage =
    "usage: demo_draw --count N --seed S --out DIR [--size PIXELS|WIDTHxHEIGHT]\n"
    "       demo_draw --labels\n"
    "Writes N pictures DIR/<index>_<class>.bmp; picture i shows class i modulo 12.\n";

std::optional<Options> parse_options(int argc, char** argv) {
    Options o;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        if (i + 1 == argc) return std::nullopt;
        const std::string_view value = argv[i + 1];
        if (name == "--out") {
            o.out = value;
        } else if (name == "--count" || name == "--seed") {
            auto const number = parse<std::uint64_t>(value);
            if (!number) return std::nullopt;
            (name == "--count" ? o.count : o.seed) = *number;
        } else if (name == "--size") {
            auto const cut = value.find('x');
            auto const width = parse<int>(value.substr(0, cut));
            auto const height = cut == value.npos ? width : parse<int>(value.substr(cut + 1));
            if (!width || !height) return std::nullopt;
            if (std::min(*width, *height) < 16 || std::max(*width, *height) > 8192) return std::nullopt;
            o.width = *width;
            o.height = *height;
        } else {
            return std::nullopt;
        }
    }
    if (o.count == 0 || o.out.empty()) return std::nullopt;
    return o;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--labels") {
        for (auto const name : kNames) std::cout << name << '\n';
        return 0;
    }
    auto const options = parse_options(argc, argv);
    if (!options) {
        std::cerr << kUsage;
        return 2;
    }
    std::error_code error;
    std::filesystem::create_directories(options->out, error);
    if (error) {
        std::cerr << "demo_draw: " << options->out.string() << ": " << error.message() << '\n';
        return 1;
    }
    // Mixing the seed first keeps neighboring seeds from sharing pictures.
    const std::uint64_t base = Random(options->seed).bits();
    for (std::uint64_t i = 0; i < options->count; ++i) {
        auto const label = static_cast<std::size_t>(i % kNames.size());
        const Picture picture =
            draw(static_cast<Shape>(label), options->width, options->height, Random(Random(base + i).bits()));
        std::string number = std::to_string(i);
        number.insert(0, number.size() < 5 ? 5 - number.size() : 0, '0');
        auto const path = options->out / (number + "_" + std::string(kNames[label]) + ".bmp");
        std::ofstream file(path, std::ios::binary);
        const std::string bytes = to_bmp(picture);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        file.close();
        if (!file) {
            std::cerr << "demo_draw: cannot write " << path.string() << '\n';
            return 1;
        }
    }
    return 0;
}
