"""What every part of Sluicegate agrees on: events, actions, ports and errors. Imports nothing of ours."""
