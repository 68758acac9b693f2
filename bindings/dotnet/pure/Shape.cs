using System.ComponentModel;

namespace Tollbridge.Probes
{
    /// <summary>A tagged enum: one of its nested classes.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public abstract class Shape
    {
        private Shape()
        {
        }

        /// <summary>No payload.</summary>
        public sealed class Dot : Shape
        {
        }

        /// <summary>With a float.</summary>
        public sealed class Circle : Shape
        {
            /// <summary>A circle of this radius.</summary>
            public Circle(double radius) => Radius = radius;

            /// <summary>The radius.</summary>
            public double Radius { get; }
        }

        /// <summary>With text.</summary>
        public sealed class Label : Shape
        {
            /// <summary>A label with this text.</summary>
            public Label(string text) => Text = text;

            /// <summary>The text.</summary>
            public string Text { get; }
        }
    }
}
